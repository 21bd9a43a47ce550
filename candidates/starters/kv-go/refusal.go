package main

// Refusal is an error that is answered with a status of its own; any other error becomes a 500.
type Refusal struct {
	Status  int
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Unavailable: this node cannot serve the request now. The client may try another node, or again later.
var Unavailable = &Refusal{503, "This node cannot serve the request now."}

// NotWritten: what has not been written yet.
var NotWritten = &Refusal{501, "Not written yet."}
