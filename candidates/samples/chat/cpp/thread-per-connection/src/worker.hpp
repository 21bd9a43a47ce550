#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

/// A connection's own thread: runs its jobs one after the other, until the last.
class Worker {
 public:
  static std::shared_ptr<Worker> start() {
    auto worker = std::make_shared<Worker>();
    std::thread([worker] { worker->work(); }).detach();
    return worker;
  }

  void run(std::function<void()> job) { add(std::move(job), false); }

  /// The last job; the thread ends after it.
  void finish(std::function<void()> job) { add(std::move(job), true); }

 private:
  void add(std::function<void()> job, bool last) {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    finished_ = last;
    changed_.notify_one();
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!finished_ || !jobs_.empty()) {
      changed_.wait(lock, [this] { return !jobs_.empty(); });
      std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool finished_ = false;
};
