import type { Problem, ProblemError } from "./generated/types.gen.js";

/** A response that reports an error. The registry sends a problem document (RFC 9457); `code` is for programs, `message` for people. */
export class RegistryError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** The code of the error, such as `validation_failed`. `http_502` and the like if the response was no problem document. */
  readonly code: string;
  /** The errors of single fields and parameters; empty if the problem is another one. */
  readonly errors: readonly ProblemError[];
  /** After how many seconds the request may be repeated, if the response says so. */
  readonly retryAfter: number | undefined;
  /** The problem document. */
  readonly problem: Problem;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail ?? problem.title);
    this.name = "RegistryError";
    this.status = problem.status;
    this.code = problem.code;
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

/** Reads the error of a response that is not 2xx. A proxy may have sent something else than a problem document. */
export async function readError(response: Response): Promise<RegistryError> {
  const text = await response.text().catch(() => "");
  return new RegistryError(parse(response, text), secondsOf(response.headers.get("Retry-After")));
}

function parse(response: Response, text: string): Problem {
  const other = { code: `http_${response.status}`, instance: response.headers.get("X-Request-Id") ?? "", status: response.status, title: response.statusText || `HTTP ${response.status}`, type: "about:blank" };
  if (!/\bproblem\+json\b/.test(response.headers.get("Content-Type") ?? "")) return other;
  try {
    return { ...other, ...(JSON.parse(text) as Partial<Problem>), status: response.status };
  } catch {
    return other;
  }
}

function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
