/** Where a node says, in one line each, what an operator should know. */
export type Say = (line: string) => void
