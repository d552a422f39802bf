import type { Connections } from '../connections.ts'
import type { IdentityServer, NewUser, Role, User } from '../is/identity-server.ts'
import type { Output } from '../output.ts'

/** `user add`: a customer, unless roles are given. */
export async function addUser(
  { identity }: Connections,
  user: NewUser,
  roles: readonly string[],
  output: Output,
): Promise<void> {
  const found = await Promise.all(roles.map((role) => mustFindRole(identity, role)))
  if ((await identity.findUser(user.userName)) === null) {
    await identity.createUser(user)
    output.line(`+ ${user.userName}`)
  } else {
    output.line(`${user.userName} is there already.`)
  }
  const { id } = await mustFindUser(identity, user.userName)
  for (const role of found) await assign(identity, role, { id, userName: user.userName }, output)
}

export async function listUsers({ identity }: Connections, output: Output): Promise<void> {
  for (const user of await identity.users()) output.line(lineOf(user))
}

export async function showUser({ identity }: Connections, userName: string, output: Output): Promise<void> {
  output.line(lineOf(await mustFindUser(identity, userName)))
}

export async function setUserActive(
  { identity }: Connections,
  userName: string,
  active: boolean,
  output: Output,
): Promise<void> {
  const user = await mustFindUser(identity, userName)
  if (user.active !== active) await identity.setActive(user.id, active)
  output.line(lineOf({ ...user, active }))
}

export async function deleteUser({ identity }: Connections, userName: string, output: Output): Promise<void> {
  const user = await identity.findUser(userName)
  if (user !== null) await identity.deleteUser(user.id)
  output.line(user === null ? `There is no user ${userName}.` : `- ${userName}`)
}

export async function listRoles({ identity }: Connections, names: readonly string[], output: Output): Promise<void> {
  for (const name of names) {
    const role = await identity.findRole(name)
    const users = role?.users.map(({ display, value }) => display ?? value).join(', ')
    output.line(role === null ? `${name}: is not there` : `${name}: ${users || 'nobody'}`)
  }
}

export async function changeRole(
  { identity }: Connections,
  change: { role: string; userName: string; assigned: boolean },
  output: Output,
): Promise<void> {
  const [role, user] = await Promise.all([mustFindRole(identity, change.role), mustFindUser(identity, change.userName)])
  if (change.assigned) return assign(identity, role, user, output)
  if (isIn(role, user)) await identity.removeFromRole(role.id, user.id)
  output.line(`${user.userName} is not in ${role.displayName}.`)
}

async function assign(
  identity: IdentityServer,
  role: Role,
  user: Pick<User, 'id' | 'userName'>,
  output: Output,
): Promise<void> {
  if (!isIn(role, user)) await identity.addToRole(role.id, user.id)
  output.line(`${user.userName} is in ${role.displayName}.`)
}

const isIn = ({ users }: Role, { id }: Pick<User, 'id'>): boolean => users.some(({ value }) => value === id)

const lineOf = ({ id, userName, active }: User): string => `${userName}  ${id}${active ? '' : '  (not active)'}`

async function mustFindUser(identity: IdentityServer, userName: string): Promise<User> {
  const user = await identity.findUser(userName)
  if (user === null) throw new Error(`There is no user ${userName}: npm run wso2 -- user add ${userName} ...`)
  return user
}

async function mustFindRole(identity: IdentityServer, name: string): Promise<Role> {
  const role = await identity.findRole(name)
  if (role === null) throw new Error(`There is no role ${name}: npm run wso2 -- setup-roles.`)
  return role
}
