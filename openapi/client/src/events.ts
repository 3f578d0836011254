/** One server-sent event. */
export interface ServerSentEvent {
  /** The name of the event; `message` if it has none. */
  event: string;
  /** The id of the event, or of the last one that had an id. */
  id: string;
  /** The data, its lines joined by line feeds. */
  data: string;
}

/**
 * Reads server-sent events, whose lines end in LF or CRLF. An event that was cut off is dropped. Leaving the loop cancels the stream.
 * `onData` is called with each part of the stream as it arrives, also if it holds only comments.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, onData?: (part: Uint8Array) => void): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let [rest, event, id, data]: [string, string, string, string[]] = ["", "", "", []];
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      onData?.(part.value);
      const lines = (rest + decoder.decode(part.value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.map((l) => l.replace(/\r$/, ""))) {
        if (line === "") {
          if (data.length > 0) yield { event: event || "message", id, data: data.join("\n") };
          [event, data] = ["", []];
          continue;
        }
        const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (name === "event") event = value;
        else if (name === "data") data.push(value);
        else if (name === "id" && !value.includes("\0")) id = value;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
