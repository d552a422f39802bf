/** A start that cannot go on, in one sentence that names the cause, with the remedy. */
export class StartError extends Error {
  override readonly name = 'StartError'
  constructor(
    problem: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(`${problem} Remedy: ${remedy}.`, options)
  }
}
