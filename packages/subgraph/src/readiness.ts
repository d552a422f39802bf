import { checkDependency, type DependencyState, type Pool } from '@corridor/platform'

export const checkDatabase = (pool: Pool): Promise<DependencyState> =>
  checkDependency('postgresql', () => pool.query('select 1'))
