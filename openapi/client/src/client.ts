// The client that the generated functions call: it sends one request with fetch and returns the body of the response.

import { type ServerSentEvent, readEvents } from "./events.js";
import { readError } from "./error.js";

/** A response that can be reused: its ETag and its body as text. */
export interface CachedResponse {
  etag: string;
  body: string;
}

/** Where responses are kept, by address. A `Map` is one; so is anything asynchronous with these two functions. */
export interface ResponseCache {
  get(url: string): CachedResponse | undefined | Promise<CachedResponse | undefined>;
  set(url: string, response: CachedResponse): unknown;
}

/** The settings of a client. */
export interface ClientConfig {
  /** The address of the registry, such as `https://registry.example.org`. In a browser, `""` is the origin of the page. */
  baseUrl: string;
  /** An API key, or a function that returns it before each request. It is sent in the header `Authorization` and nowhere else. */
  key?: string | (() => string | Promise<string>);
  /** Keeps JSON responses with an ETag. While nothing changes, the registry answers 304 and the kept body is returned. */
  cache?: ResponseCache;
  /** Headers of every request, such as `Accept-Language` for the language of error messages. */
  headers?: Record<string, string>;
  /** Replaces the global `fetch`, such as for a proxy. */
  fetch?: typeof globalThis.fetch;
}

/** What every function accepts beside the parameters of its operation. */
export interface RequestOptions {
  /** Aborts the request. `AbortSignal.timeout(5000)` limits its time. */
  signal?: AbortSignal;
  /** Called with the response before its body is read, for its headers. */
  onResponse?: (response: Response) => void;
  /** Called with each part of a stream of events as it arrives. The comments of the registry show that a quiet stream is alive. */
  onData?: (part: Uint8Array) => void;
}

/** The parameters of an operation, as the generator describes them. */
export interface TDataShape {
  body?: unknown;
  headers?: unknown;
  path?: unknown;
  query?: unknown;
  url: string;
}

/** The argument of a generated function. The type parameters after the first are the generator's and have no effect. */
export type Options<Data extends TDataShape = TDataShape, _ThrowOnError extends boolean = boolean, _Response = unknown> = Omit<Data, "url"> &
  RequestOptions &
  ("headers" extends keyof Data ? unknown : { headers?: Record<string, string> });

/** The body of a successful response. */
export type Body<Responses> = Responses[keyof Responses];

/** What a generated function passes on. */
export interface OperationRequest extends TDataShape, RequestOptions {
  /** The schemes of the operation. Without any, no key is sent. */
  security?: readonly unknown[];
  /** Encodes the body. By default it is JSON; `null` leaves it as it is. */
  bodySerializer?: ((body: unknown) => string) | null;
  /** Not used: all lists of the registry are separated by commas. */
  querySerializer?: unknown;
}

type Send = <Responses, _Errors = unknown, _ThrowOnError extends boolean = boolean>(request: OperationRequest) => Promise<Body<Responses>>;
type Listen = <_Responses, _Errors = unknown, _ThrowOnError extends boolean = boolean>(request: OperationRequest) => AsyncGenerator<ServerSentEvent, void, undefined>;

/** A client of one registry. Pass it to the generated functions; it has no state beside its settings. */
export interface Client {
  readonly get: Send;
  readonly post: Send;
  readonly put: Send;
  readonly patch: Send;
  readonly delete: Send;
  /** Server-sent events. Nothing is sent before the first event is requested. */
  readonly sse: { readonly get: Listen };
}

/** Encodes a body as a form. */
export const urlSearchParamsBodySerializer = {
  bodySerializer: (body: unknown): string => new URLSearchParams(Object.entries(body as Record<string, string>)).toString(),
};

/** Returns a client. Its functions reject with a RegistryError for every response other than 2xx, and with the error of fetch if there is none. */
export function createClient(config: ClientConfig): Client {
  const send =
    (method: string): Send =>
    async <Responses>(request: OperationRequest) =>
      (await exchange(config, method, request)) as Body<Responses>;
  return {
    get: send("GET"),
    post: send("POST"),
    put: send("PUT"),
    patch: send("PATCH"),
    delete: send("DELETE"),
    sse: { get: (request) => listen(config, request) },
  };
}

async function exchange(config: ClientConfig, method: string, request: OperationRequest): Promise<unknown> {
  const url = addressOf(config.baseUrl, request);
  const headers = await headersOf(config, request);
  const cache = method === "GET" && !headers.has("If-None-Match") ? config.cache : undefined;
  const kept = await cache?.get(url);
  if (kept) headers.set("If-None-Match", kept.etag);
  const response = await fetchResponse(config, method, url, headers, request);
  if (response.status === 304 && kept) return JSON.parse(kept.body);
  if (!response.ok) throw await readError(response);
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status === 204 || response.headers.get("Content-Length") === "0") return undefined;
  if (/[/+]json\b/.test(type)) {
    const body = await response.text();
    const etag = response.headers.get("ETag");
    if (cache && etag) await cache.set(url, { etag, body });
    return JSON.parse(body);
  }
  // The generator has one type for an operation whose format is a parameter: a file.
  return /zip|octet-stream/.test(type) || request.url.endsWith("{format}") ? response.blob() : response.text();
}

async function* listen(config: ClientConfig, request: OperationRequest): AsyncGenerator<ServerSentEvent, void, undefined> {
  const headers = await headersOf(config, request);
  headers.set("Accept", "text/event-stream");
  const response = await fetchResponse(config, "GET", addressOf(config.baseUrl, request), headers, request);
  if (!response.ok || !response.body) throw await readError(response);
  yield* readEvents(response.body, request.onData);
}

async function fetchResponse(config: ClientConfig, method: string, url: string, headers: Headers, request: OperationRequest): Promise<Response> {
  const init: RequestInit = { method, headers };
  if (request.signal) init.signal = request.signal;
  if (request.body !== undefined) {
    const encode = request.bodySerializer === undefined && typeof request.body !== "string" ? JSON.stringify : request.bodySerializer;
    init.body = encode ? encode(request.body) : (request.body as NonNullable<RequestInit["body"]>);
  }
  const response = await (config.fetch ?? globalThis.fetch)(url, init);
  request.onResponse?.(response);
  return response;
}

async function headersOf(config: ClientConfig, request: OperationRequest): Promise<Headers> {
  const headers = new Headers(config.headers);
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (value !== undefined && value !== null) headers.set(name, String(value));
  }
  const key = typeof config.key === "function" ? await config.key() : config.key;
  if (key && request.security) headers.set("Authorization", `Bearer ${key}`);
  return headers;
}

function addressOf(baseUrl: string, request: OperationRequest): string {
  const values = (request.path ?? {}) as Record<string, unknown>;
  const path = request.url.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === null || value === "") throw new TypeError(`${request.url}: the path parameter ${name} is missing`);
    return encodeURIComponent(String(value));
  });
  const query = Object.entries((request.query ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(Array.isArray(value) ? value.map(item).join(",") : String(value)).replaceAll("%2C", ",")}`);
  return baseUrl.replace(/\/+$/, "") + path + (query.length > 0 ? `?${query.join("&")}` : "");
}

// An item of a list is put in quotes if it contains a comma.
function item(value: unknown): string {
  const text = String(value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
