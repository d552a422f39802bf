import { ConfigError, readConfig, setting } from '@corridor/platform'
import { fileTransport, type MailTransport, smtpTransport } from './mail-transport.ts'

const SUBMISSION_PORT = 587 // RFC 6409

const SETTINGS = {
  SMTP_HOST: setting.optional(setting.text()),
  SMTP_PORT: setting.port(SUBMISSION_PORT),
  SMTP_SECURE: setting.flag(false),
  SMTP_USER: setting.optional(setting.text()),
  SMTP_PASSWORD: setting.optional(setting.text()),
  MAIL_DIRECTORY: setting.optional(setting.text()),
  MAIL_FROM: setting.text('Corridor <no-reply@corridor.example>'),
  OPERATIONS_MAIL: setting.text('operations@corridor.example'),
} as const

type Environment = Readonly<Record<string, string | undefined>>

/** The variables of `env` that say how mail is sent, for a process that is started from here. */
export const mailEnvironment = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.keys(SETTINGS).flatMap((name) => (env[name] ? [[name, env[name]]] : [])))

/**
 * Mail by SMTP; without SMTP_HOST, kept in MAIL_DIRECTORY.
 *
 * @throws ConfigError when neither is set, or another name is bad.
 */
export function readMailSettings(env: Environment): { transport: MailTransport; operationsAddress: string } {
  const config = readConfig(env, SETTINGS)
  const { SMTP_HOST: host, SMTP_PORT: port, SMTP_SECURE: secure, MAIL_DIRECTORY: folder, MAIL_FROM: from } = config
  const operationsAddress = config.OPERATIONS_MAIL
  if (host !== undefined) {
    const smtp = { host, port, secure, user: config.SMTP_USER, password: config.SMTP_PASSWORD }
    return { transport: smtpTransport(smtp, from), operationsAddress }
  }
  if (folder === undefined) throw new ConfigError(['SMTP_HOST is not set; for development MAIL_DIRECTORY will do'])
  return { transport: fileTransport(folder, from), operationsAddress }
}
