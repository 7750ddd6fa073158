// The credential that the portal gives to its page, renewed before it ends.

export type Reason = "initial" | "expired";
export type TokenProvider = (reason: Reason) => Promise<string> | string;

/** So long before its end, in milliseconds, a token is renewed. */
const AHEAD = 45_000;
const TIMEOUT = 20_000;

/** There is no token, and nobody to ask for one. */
export class NoTokenError extends Error {}

/** Holds the token in use. Several who ask at once wait for the same answer of the provider. */
export class Tokens {
  provider: TokenProvider | null = null;
  #given: string | null = null;
  #current: string | null = null;
  #ends = Infinity;
  #asked: Promise<string> | null = null;

  /** The token of the attribute; null takes it away. */
  give(token: string | null): void {
    this.#given = token;
    this.forget();
  }

  /** Forgets the token in use, as one of another reader. */
  forget(): void {
    this.#current = null;
    this.#asked = null;
  }

  /** A token that is good for the next request. Raises NoTokenError, or what the provider raises. */
  async current(): Promise<string> {
    if (this.#current !== null && Date.now() < this.#ends) return this.#current;
    const reason = this.#current === null ? "initial" : "expired";
    if (this.provider === null && this.#current !== null) return this.#current;
    return this.#ask(reason);
  }

  /** Another token than `refused`; null if there is none to be had. */
  async renewed(refused: string): Promise<string | null> {
    if (this.#current !== null && this.#current !== refused) return this.#current;
    if (this.provider === null) return null;
    const token = await this.#ask("expired");
    return token === refused ? null : token;
  }

  async #ask(reason: Reason): Promise<string> {
    const { provider } = this;
    if (provider === null) {
      if (this.#given === null || this.#given === "") throw new NoTokenError();
      return this.#keep(this.#given);
    }
    this.#asked ??= Promise.race([(async () => provider(reason))(), tooLate()]);
    const asked = this.#asked;
    try {
      const token = await asked;
      if (typeof token !== "string" || token === "") throw new NoTokenError();
      return this.#asked === asked ? this.#keep(token) : token;
    } finally {
      if (this.#asked === asked) this.#asked = null;
    }
  }

  #keep(token: string): string {
    this.#current = token;
    const lifetime = lifetimeOf(token);
    // A token of a minute or less would be renewed for every request.
    this.#ends = Date.now() + lifetime - Math.min(AHEAD, lifetime / 2);
    return token;
  }
}

/** A page that never answers must not keep its reader waiting. */
function tooLate(): Promise<never> {
  const late = new Error("The token provider has not answered in time.");
  return new Promise((_, reject) => setTimeout(() => reject(late), TIMEOUT));
}

/** How long the token lives, in milliseconds, from when it was made: the reader's clock may be wrong. */
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
