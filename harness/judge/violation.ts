/** One break of the delivery rule. `client`, `message` and `fault` are indices into the history. */
export type Violation =
  | { readonly kind: 'lost'; readonly client: number; readonly message: number }
  | { readonly kind: 'duplicated'; readonly client: number; readonly message: number }
  /** A read by someone who had not asked for the channel by then, or a delivery under another channel's name. */
  | {
      readonly kind: 'misdelivered'
      readonly client: number
      readonly message: number
      readonly atMs: number
      readonly stray: number | null
    }
  /** A delivery that nobody sent, or whose body differs from what was sent. */
  | { readonly kind: 'corrupted'; readonly client: number; readonly message: number | null; readonly stray: number }
  /** A message that was over and done with before its reader asked to join. */
  | { readonly kind: 'history'; readonly client: number; readonly message: number }
  | { readonly kind: 'census'; readonly client: number; readonly message: number; readonly reachedBy: number }
  | { readonly kind: 'garbled' | 'stuck'; readonly client: number; readonly fault: number }
  /** A close that nothing provoked, or a refused valid request. */
  | { readonly kind: 'dropped'; readonly client: number; readonly fault: number | null }
