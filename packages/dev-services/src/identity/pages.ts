const STYLE =
  'body{font-family:system-ui,sans-serif;max-width:22rem;margin:4rem auto;padding:0 1rem}' +
  'label{display:block;margin:1rem 0 .25rem}input{width:100%;padding:.5rem;box-sizing:border-box}' +
  'button{margin-top:1.5rem;padding:.6rem 1.2rem}.problem{color:#b00020}'

/** A page may load nothing and be framed by nobody. Forms stay free: after a login the browser goes on to the client. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
} as const

/** `body` is HTML; whatever came from outside was escaped before. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><h1>${title}</h1>
${body}
</body>
</html>
`
}

export function loginPage({
  action,
  application,
  username = '',
  problem,
}: {
  action: string
  application: string
  username?: string | undefined
  problem?: string | undefined
}): string {
  return page(
    'Sign in',
    `<p>to go on to ${escapeHtml(application)}</p>
${problem === undefined ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="${escapeHtml(action)}">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" required autofocus value="${escapeHtml(username)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>
<p><small>Development identity server: the password of a seeded user is his user name.</small></p>`,
  )
}

export function errorPage(error: string, description: string): string {
  return page('This did not work', `<p>${escapeHtml(description)}</p><p><small>${escapeHtml(error)}</small></p>`)
}

/** `form` is made by the issuer and holds the token that ties it to the session. */
export function logoutPage(form: string): string {
  return page(
    'Sign out',
    `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>`,
  )
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
