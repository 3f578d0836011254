import type { Client } from "./client.js";
import { RegistryError } from "./error.js";
import { listChanges, streamChanges } from "./generated/sdk.gen.js";
import type { Change, ListChangesData } from "./generated/types.gen.js";

/** Changes to apply together, and the cursor after them. Store both at once: the cursor continues where the copy stands. */
export interface ChangeBatch {
  changes: Change[];
  cursor: string;
}

/** The options of followChanges. */
export interface FollowOptions {
  client: Client;
  /** `cursor`: where to continue. Without one, the first batches are a full copy; for later changes only, take that of `getCheckpoint`. */
  query?: Pick<NonNullable<ListChangesData["query"]>, "cursor" | "include_data" | "limit" | "type" | "view">;
  /** Ends the loop: it throws the reason of the signal. */
  signal?: AbortSignal;
  /** Milliseconds before a broken connection is opened again, doubled after each failure up to 30 seconds. Default: 1000. */
  retryDelay?: number;
  /** Called with the error of a connection that broke or was refused, before it is opened again. */
  onRetry?: (error: unknown) => void;
}

/** How long a stream may send nothing, in milliseconds. The registry sends a comment every 15 seconds. */
const SILENCE = 60_000;

/**
 * Returns all changes after a cursor, then those to come, in the order of their commits. It reconnects after a cut without a gap, and
 * waits for `Retry-After`. It ends only by `break`, by the signal, or with a RegistryError that repeating does not help, which is every
 * 4xx but 408 and 429: 410 after the registry was restored from a backup (start again without a cursor), 400 for a cursor of another
 * query, 401 and 403 for the key.
 */
export async function* followChanges(options: FollowOptions): AsyncGenerator<ChangeBatch, never, undefined> {
  const { client, query, signal, retryDelay = 1000 } = options;
  let [cursor, current, failures] = [query?.cursor, false, 0];
  const received = (batch: ChangeBatch): ChangeBatch => {
    [cursor, failures] = [batch.cursor, 0];
    return batch;
  };
  for (;;) {
    try {
      while (!current) {
        const page = await listChanges({ client, query: { ...query, ...(cursor && { cursor }) }, ...(signal && { signal }) });
        current = page.page.next_cursor === null;
        yield received({ changes: page.data, cursor: page.meta.cursor });
      }
      for await (const batch of stream(options, cursor ?? "", () => (failures = 0))) yield received(batch);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTemporary(error)) throw error;
      failures++;
      options.onRetry?.(error);
      if (error instanceof RegistryError && error.retryAfter !== undefined) await pause(error.retryAfter * 1000, signal);
    }
    await pause(Math.min(retryDelay * 2 ** Math.max(0, failures - 1), 30_000), signal);
  }
}

async function* stream({ client, query = {}, signal }: FollowOptions, cursor: string, alive: () => void): AsyncGenerator<ChangeBatch, void, undefined> {
  signal?.throwIfAborted();
  const { limit: _, ...rest } = query;
  const silent = new AbortController();
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(new Error("the stream is silent")), SILENCE);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onData = (): void => {
    alive();
    heard();
  };
  const end = (): void => silent.abort(signal?.reason);
  signal?.addEventListener("abort", end);
  heard();
  try {
    for await (const event of streamChanges({ client, query: { ...rest, cursor }, signal: silent.signal, onData })) {
      if (event.event !== "change") continue;
      clearTimeout(timer); // nothing is read while the loop of the caller works
      yield { changes: [JSON.parse(event.data) as Change], cursor: event.id };
      heard();
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    silent.abort();
  }
}

// Without a response, the connection failed: fetch throws a TypeError, a broken body various errors.
function isTemporary(error: unknown): boolean {
  return !(error instanceof RegistryError) || error.status === 408 || error.status === 429 || error.status >= 500;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
