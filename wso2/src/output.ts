/** Where commands write for people. What programs read (a token) goes to standard output alone. */
export interface Output {
  line(text: string): void
}

export const standardError: Output = { line: (text) => void process.stderr.write(`${text}\n`) }
