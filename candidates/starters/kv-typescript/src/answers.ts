/** What a store can throw to be answered with a status of its own; anything else that it throws becomes a 500. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** This node cannot serve the request now: 503. The client may try another node, or again later. */
export class Unavailable extends Refusal {
  constructor(message = 'This node cannot serve the request now.') {
    super(503, message)
  }
}

/** What has not been written yet: 501. */
export class NotWritten extends Refusal {
  constructor() {
    super(501, 'Not written yet.')
  }
}
