export const PERIODS = ['HOUR', 'DAY', 'MONTH', 'EVER'] as const
export type Period = (typeof PERIODS)[number]

/** When the window of `period` that holds `at` began, in UTC. */
export function windowStart(period: Period, at: Date): Date {
  const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()]
  switch (period) {
    case 'HOUR':
      return new Date(Date.UTC(year, month, day, hour))
    case 'DAY':
      return new Date(Date.UTC(year, month, day))
    case 'MONTH':
      return new Date(Date.UTC(year, month, 1))
    case 'EVER':
      return new Date(0)
  }
}
