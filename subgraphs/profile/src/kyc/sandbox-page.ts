const CHOICES = [
  { finding: 'CLEAR', says: 'My papers are in order' },
  { finding: 'ATTENTION', says: 'Somebody should look at them' },
  { finding: 'REJECTED', says: 'They are not mine' },
] as const

/** The sandbox's hosted page: what a provider's would ask, as three buttons. `message` takes their place. */
export function sandboxPage({ message }: { readonly message?: string }): string {
  const form = `<form method="post">${CHOICES.map(
    ({ finding, says }) => `<p><button name="finding" value="${finding}">${says}</button></p>`,
  ).join('')}</form>`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Identity check (sandbox)</title></head>
<body><main><h1>Identity check</h1>
<p>This page stands in for a provider's. Nothing that you choose here is true of anybody.</p>
${message === undefined ? form : `<p role="status">${message}</p>`}
</main></body>
</html>
`
}
