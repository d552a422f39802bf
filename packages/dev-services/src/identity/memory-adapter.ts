import { LRUCache } from 'lru-cache'

/** Sessions, codes, grants and refresh tokens kept at once; the least recently used give way. */
const MAX_ARTIFACTS = 50_000
const MS_PER_SECOND = 1000

interface Artifact {
  readonly grantId?: string
  readonly uid?: string
  readonly userCode?: string
  consumed?: number
}

/** Where `oidc-provider` keeps what need not outlive the process. Users and keys do, and are kept elsewhere. */
export function memoryAdapters() {
  const artifacts = new LRUCache<string, Artifact>({ max: MAX_ARTIFACTS })

  return (model: string) => {
    const prefix = `${model}:`
    const findBy = (matches: (artifact: Artifact) => boolean): Artifact | undefined => {
      for (const [key, artifact] of artifacts.entries()) {
        if (key.startsWith(prefix) && matches(artifact)) return artifact
      }
      return undefined
    }

    return {
      async upsert(id: string, payload: object, expiresInSeconds?: number) {
        artifacts.set(prefix + id, payload, {
          ...(expiresInSeconds === undefined ? {} : { ttl: expiresInSeconds * MS_PER_SECOND }),
        })
      },
      find: async (id: string) => artifacts.get(prefix + id),
      findByUid: async (uid: string) => findBy((artifact) => artifact.uid === uid),
      findByUserCode: async (userCode: string) => findBy((artifact) => artifact.userCode === userCode),
      async consume(id: string) {
        const artifact = artifacts.get(prefix + id)
        if (artifact) artifact.consumed = Math.floor(Date.now() / MS_PER_SECOND)
      },
      async destroy(id: string) {
        artifacts.delete(prefix + id)
      },
      async revokeByGrantId(grantId: string) {
        for (const [key, artifact] of artifacts.entries()) if (artifact.grantId === grantId) artifacts.delete(key)
      },
    }
  }
}
