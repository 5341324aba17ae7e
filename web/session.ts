// Who is signed in. In dev mode the mesh gives a token to a ready user on request; elsewhere a token is pasted.
// It lives as long as the tab: a console that is left open on a shared computer forgets its user when it is closed.

export type SignedIn = {
  readonly userKey: string;
  readonly displayName: string;
  /** A token that is valid now. */
  readonly token: () => Promise<string>;
};

export type ReadyUser = { readonly user_key: string; readonly display_name: string; readonly role: string };

/** The users that every mesh in dev mode has. */
export const readyUsers: readonly ReadyUser[] = [
  { user_key: '100000000001', display_name: 'Asha', role: 'Farm manager' },
  { user_key: '100000000002', display_name: 'Ravi', role: 'Pond supervisor' },
];

const storageKey = 'circuit.session';

type Stored = { readonly user_key?: string; readonly token?: string };

/** Whoever was signed in in this tab; undefined: nobody, or no longer. */
export async function resume(): Promise<SignedIn | undefined> {
  const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? '{}') as Stored;
  if (stored.token !== undefined) return signInWithToken(stored.token);
  return stored.user_key === undefined ? undefined : signInAs(stored.user_key).catch(() => undefined);
}

/** Signs a ready user in; rejects with a sentence when this mesh does not do that. */
export async function signInAs(userKey: string): Promise<SignedIn> {
  const first = await devLogin(userKey);
  sessionStorage.setItem(storageKey, JSON.stringify({ user_key: userKey } satisfies Stored));
  let next: string | undefined = first.token;
  return {
    userKey,
    displayName: first.name,
    token: async () => {
      const token = next ?? (await devLogin(userKey)).token;
      next = undefined;
      return token;
    },
  };
}

/** Undefined when the text is not a user's token. */
export function signInWithToken(token: string): SignedIn | undefined {
  const claims = claimsOf(token.trim());
  if (typeof claims?.sub !== 'string') return undefined;
  sessionStorage.setItem(storageKey, JSON.stringify({ token: token.trim() } satisfies Stored));
  const name = typeof claims.name === 'string' && claims.name !== '' ? claims.name : claims.sub;
  return { userKey: claims.sub, displayName: name, token: async () => token.trim() };
}

export function signOut(): void {
  sessionStorage.removeItem(storageKey);
  location.hash = '';
  location.reload();
}

async function devLogin(userKey: string): Promise<{ token: string; name: string }> {
  const response = await fetch('/api/auth/dev-login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_key: userKey }),
  });
  if (response.status === 404) throw new Error('This mesh has no ready users: sign in with a token.');
  if (!response.ok) throw new Error(`The mesh answered ${response.status}. Try again.`);
  const { token, user } = (await response.json()) as { token: string; user?: { display_name?: string } };
  const ready = readyUsers.find(({ user_key }) => user_key === userKey);
  return { token, name: user?.display_name ?? ready?.display_name ?? userKey };
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
