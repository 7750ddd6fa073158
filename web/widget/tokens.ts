// The session token from the page, renewed before it expires.

export type Reason = "initial" | "expired";
export type TokenProvider = (reason: Reason) => Promise<string> | string;

/** How long before its expiry a token is renewed, in milliseconds. */
const RENEW_BEFORE = 45_000;
/** How long a token provider may take, in milliseconds. */
const TIMEOUT = 20_000;

/** The page has set no token, or its provider returned none. */
export class NoTokenError extends Error {
  constructor() {
    super("No session token: set the attribute `token`, or a `tokenProvider` that returns one.");
  }
}

/** Holds the current token. Concurrent requests share one call of the provider. */
export class Tokens {
  provider: TokenProvider | null = null;
  #attribute: string | null = null;
  #current: string | null = null;
  #renewAt = Infinity;
  #pending: Promise<string> | null = null;

  /** Sets the token of the attribute; null removes it. */
  set(token: string | null): void {
    this.#attribute = token;
    this.clear();
  }

  /** Drops the current token, which may be another reader's. */
  clear(): void {
    this.#current = null;
    this.#pending = null;
  }

  /** A token for the next request. Raises NoTokenError, or the provider's own error. */
  async current(): Promise<string> {
    if (this.#current !== null && Date.now() < this.#renewAt) return this.#current;
    const reason = this.#current === null ? "initial" : "expired";
    if (this.provider === null && this.#current !== null) return this.#current;
    return this.#request(reason);
  }

  /** A token other than `refused`; null if there is none. */
  async renewed(refused: string): Promise<string | null> {
    if (this.#current !== null && this.#current !== refused) return this.#current;
    if (this.provider === null) return null;
    const token = await this.#request("expired");
    return token === refused ? null : token;
  }

  async #request(reason: Reason): Promise<string> {
    const { provider } = this;
    if (provider === null) {
      if (this.#attribute === null || this.#attribute === "") throw new NoTokenError();
      return this.#store(this.#attribute);
    }
    this.#pending ??= Promise.race([(async () => provider(reason))(), timeout()]);
    const pending = this.#pending;
    try {
      const token = await pending;
      if (typeof token !== "string" || token === "") throw new NoTokenError();
      return this.#pending === pending ? this.#store(token) : token;
    } finally {
      if (this.#pending === pending) this.#pending = null;
    }
  }

  #store(token: string): string {
    this.#current = token;
    const lifetime = lifetimeOf(token);
    // A token of a minute or less would otherwise be renewed for every request.
    this.#renewAt = Date.now() + lifetime - Math.min(RENEW_BEFORE, lifetime / 2);
    return token;
  }
}

/** Rejects when the provider has taken too long. */
function timeout(): Promise<never> {
  const late = new Error(`The token provider has not answered within ${TIMEOUT / 1000} seconds.`);
  return new Promise((_, reject) => setTimeout(() => reject(late), TIMEOUT));
}

/**
 * The token's lifetime in milliseconds; Infinity if it does not say. Counted from its issue, because
 * the reader's clock may be wrong.
 */
function lifetimeOf(token: string): number {
  try {
    const [, payload = ""] = token.split(".");
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown };
    if (typeof exp !== "number") return Infinity;
    return Math.max(0, exp * 1000 - (typeof iat === "number" ? iat * 1000 : Date.now()));
  } catch {
    return Infinity;
  }
}
