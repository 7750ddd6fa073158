// The GraphQL client: persisted documents, conditional requests, and tokens that renew themselves.
import type { Operation } from "../.generated/operations";
import { NoTokenError, type Tokens } from "./tokens";

/** Kinds of failure that readers are told apart. */
type FailureKind =
  "offline" | "network" | "session" | "forbidden" | "busy" | "unavailable" | "input" | "server";

export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    /** `Retry-After` of the response, in seconds. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

interface Reply<Data> {
  readonly data: Data;
  /** Whether the same request had the same response before. */
  readonly unchanged: boolean;
}

interface GraphError {
  readonly message?: string;
  readonly extensions?: { readonly code?: string; readonly requestId?: string };
}
interface Payload<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphError[];
}
interface CachedResponse {
  readonly etag: string | null;
  readonly text: string;
  readonly data: unknown;
}

/** Milliseconds. */
const TIMEOUT = 25_000;
/** Responses kept for comparison: the overview and some orders. */
const CACHE_SIZE = 8;
const KINDS: Readonly<Record<string, FailureKind>> = {
  UNAUTHENTICATED: "session",
  FORBIDDEN: "forbidden",
  ORIGIN_NOT_REGISTERED: "forbidden",
  DOCUMENT_NOT_TRUSTED: "forbidden",
  RATE_LIMITED: "busy",
  UNAVAILABLE: "unavailable",
  TIMEOUT: "unavailable",
  BAD_USER_INPUT: "input",
};

export class Api {
  readonly #cache = new Map<string, CachedResponse>();

  constructor(
    readonly endpoint: string,
    readonly tokens: Tokens,
  ) {}

  /** Runs an operation. Raises Failure, or an AbortError once `signal` is aborted. */
  async query<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    language: string,
    signal: AbortSignal,
  ): Promise<Reply<Data>> {
    const parameters = new URLSearchParams({
      documentId: `sha256:${operation.hash}`,
      variables: JSON.stringify(variables),
    });
    const url = `${this.endpoint}?${parameters}`;
    const cacheKey = `${language} ${url}`;
    const cached = this.#cache.get(cacheKey);
    const headers: Record<string, string> = {
      Accept: "application/graphql-response+json",
      "Accept-Language": language,
    };
    const conditional: Record<string, string> = cached?.etag
      ? { "If-None-Match": cached.etag }
      : {};
    let response = await this.#send(url, { headers: { ...headers, ...conditional } }, signal);
    if (response.status === 304 && cached !== undefined) {
      return { data: cached.data as Data, unchanged: true };
    }
    let text = await textOf(response, signal);
    if (isNotPersisted(text)) {
      const body = JSON.stringify({
        query: operation.text,
        variables,
        extensions: { persistedQuery: { version: 1, sha256Hash: operation.hash } },
      });
      const post = {
        method: "POST",
        body,
        headers: { ...headers, "Content-Type": "application/json" },
      };
      response = await this.#send(this.endpoint, post, signal);
      text = await textOf(response, signal);
    }
    const unchanged = cached?.text === text;
    const data = unchanged ? (cached.data as Data) : read<Data>(response, text);
    // A new session or a new day changes the ETag even when the response is the same.
    this.#remember(cacheKey, { etag: response.headers.get("ETag"), text, data });
    return { data, unchanged };
  }

  /** Sends with the current token; after a 401, once more with a new one. */
  async #send(url: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
    const token = await this.#token(() => this.tokens.current());
    const response = await transport(url, request, token ?? "", signal);
    if (response.status !== 401) return response;
    const renewed = await this.#token(() => this.tokens.renewed(token ?? ""));
    return renewed === null ? response : transport(url, request, renewed, signal);
  }

  async #token(get: () => Promise<string | null>): Promise<string | null> {
    try {
      return await get();
    } catch (reason) {
      if (!navigator.onLine) throw new Failure("offline", "OFFLINE", "The browser is offline.");
      const message = reason instanceof Error ? reason.message : String(reason);
      const code = reason instanceof NoTokenError ? "NO_TOKEN" : "TOKEN_PROVIDER_FAILED";
      throw new Failure("session", code, message);
    }
  }

  #remember(key: string, response: CachedResponse): void {
    this.#cache.delete(key);
    this.#cache.set(key, response);
    if (this.#cache.size > CACHE_SIZE) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
  }
}

async function transport(
  url: string,
  request: RequestInit,
  token: string,
  signal: AbortSignal,
): Promise<Response> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  const headers = {
    ...(request.headers as Record<string, string>),
    Authorization: `Bearer ${token}`,
  };
  try {
    // No browser cache: it would outlive the session. The widget has its own in memory.
    const policy = {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    } as const;
    return await fetch(url, { ...request, ...policy, headers, signal: limit });
  } catch (reason) {
    throw unreachable(reason, signal);
  }
}

async function textOf(response: Response, signal: AbortSignal): Promise<string> {
  try {
    return await response.text();
  } catch (reason) {
    throw unreachable(reason, signal);
  }
}

function unreachable(reason: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return reason;
  if (!navigator.onLine) return new Failure("offline", "OFFLINE", "The browser is offline.");
  return new Failure(
    "network",
    "NETWORK",
    "The server cannot be reached, or its CORS headers do not allow this origin.",
  );
}

/** Whether the server does not know the document's hash and needs its text. */
function isNotPersisted(text: string): boolean {
  if (!text.includes('"PERSISTED_QUERY_NOT_')) return false;
  // The text may be an order's own: look at the codes.
  const { errors } = JSON.parse(text) as Payload<unknown>;
  return (
    errors?.some(({ extensions }) => /^PERSISTED_QUERY_NOT_/.test(extensions?.code ?? "")) ?? false
  );
}

function read<Data>(response: Response, text: string): Data {
  const requestId = response.headers.get("X-Request-Id");
  let payload: Payload<Data>;
  try {
    payload = JSON.parse(text) as Payload<Data>;
  } catch {
    throw new Failure("server", `HTTP_${response.status}`, "The response is not JSON.", requestId);
  }
  const { data } = payload;
  // A field that the session may not read is null, with a FORBIDDEN error. The rest of the data is
  // shown. Any other error fails the request.
  const errors = payload.errors ?? [];
  const error = errors.find(({ extensions }) => extensions?.code !== "FORBIDDEN") ?? errors[0];
  const usable = error === undefined || error.extensions?.code === "FORBIDDEN";
  if (response.ok && data && usable) return data;
  const code = error?.extensions?.code ?? `HTTP_${response.status}`;
  const retryAfter = Number(response.headers.get("Retry-After") ?? NaN);
  throw new Failure(
    KINDS[code] ?? (response.status === 503 ? "unavailable" : "server"),
    code,
    error?.message ?? response.statusText,
    requestId ?? error?.extensions?.requestId ?? null,
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}
