// Asks the graph: documents by their hash, conditionally, with a credential that renews itself.
import type { Operation } from "../.generated/operations";
import { NoTokenError, type Tokens } from "./tokens";

/** What went wrong, in the terms in which a reader is told. */
type FailureKind =
  "offline" | "network" | "session" | "forbidden" | "busy" | "unavailable" | "input" | "server";

export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    /** Seconds to wait before another try, if the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

interface Reply<Data> {
  readonly data: Data;
  /** Whether it is the very answer that the same question had before. */
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
interface Kept {
  readonly etag: string | null;
  readonly text: string;
  readonly data: unknown;
}

const TIMEOUT = 25_000;
/** Answers that are kept for comparison: the overview and some orders. */
const MOST_KEPT = 8;
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
  readonly #kept = new Map<string, Kept>();

  constructor(
    readonly endpoint: string,
    readonly tokens: Tokens,
  ) {}

  /** The answer to an operation. Raises Failure, or an AbortError once `signal` is aborted. */
  async ask<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    language: string,
    signal: AbortSignal,
  ): Promise<Reply<Data>> {
    const query = new URLSearchParams({
      documentId: `sha256:${operation.hash}`,
      variables: JSON.stringify(variables),
    });
    const url = `${this.endpoint}?${query}`;
    const question = `${language} ${url}`;
    const kept = this.#kept.get(question);
    const headers: Record<string, string> = {
      Accept: "application/graphql-response+json",
      "Accept-Language": language,
    };
    const conditional: Record<string, string> = kept?.etag ? { "If-None-Match": kept.etag } : {};
    let response = await this.#send(url, { headers: { ...headers, ...conditional } }, signal);
    if (response.status === 304 && kept !== undefined) {
      return { data: kept.data as Data, unchanged: true };
    }
    let text = await textOf(response, signal);
    if (isUnknown(text)) {
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
    const unchanged = kept?.text === text;
    const data = unchanged ? (kept.data as Data) : read<Data>(response, text);
    // The tag may be another one though the answer is not: after a renewal, after midnight.
    this.#keep(question, { etag: response.headers.get("ETag"), text, data });
    return { data, unchanged };
  }

  /** Sends with the current token, and once more with a new one where that is refused. */
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

  #keep(question: string, kept: Kept): void {
    this.#kept.delete(question);
    this.#kept.set(question, kept);
    if (this.#kept.size > MOST_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
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
    // The widget keeps answers itself, and a browser's cache would outlive the session.
    const fixed = {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    } as const;
    return await fetch(url, { ...request, ...fixed, headers, signal: limit });
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
  return new Failure("network", "NETWORK", "The server cannot be reached.");
}

/** Whether the server has to be told the document's text. */
function isUnknown(text: string): boolean {
  if (!text.includes('"PERSISTED_QUERY_NOT_')) return false;
  // An order may say so, too.
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
    throw new Failure("server", `HTTP_${response.status}`, "The answer is not JSON.", requestId);
  }
  const { data } = payload;
  // What the session may not see is null beside an error; anything else that failed is a failure.
  const errors = payload.errors ?? [];
  const error = errors.find(({ extensions }) => extensions?.code !== "FORBIDDEN") ?? errors[0];
  const whole = error === undefined || error.extensions?.code === "FORBIDDEN";
  if (response.ok && data && whole) return data;
  const code = error?.extensions?.code ?? `HTTP_${response.status}`;
  const after = Number(response.headers.get("Retry-After") ?? NaN);
  throw new Failure(
    KINDS[code] ?? (response.status === 503 ? "unavailable" : "server"),
    code,
    error?.message ?? response.statusText,
    requestId ?? error?.extensions?.requestId ?? null,
    Number.isFinite(after) ? after : null,
  );
}
