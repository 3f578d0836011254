// What a client in TypeScript looks like. lint.sh makes registry.d.ts from the document and compiles this: it stops to
// compile where a type that clients rest on gets lost.
import createClient from "openapi-fetch";
import type { components, paths } from "./registry";

type Topic = components["schemas"]["Topic"];
type TopicPage = components["schemas"]["TopicPage"];
type Problem = components["schemas"]["Problem"];

const registry = createClient<paths>({ baseUrl: "https://registry.example.org", headers: { Authorization: "Bearer rtr_…" } });

export async function topicsBelow(parent: number): Promise<Topic[]> {
  const topics: Topic[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { data, error }: { data?: TopicPage; error?: Problem } = await registry.GET("/v1/topics", { params: { query: { parent: [parent], sort: ["-label"], lang: "ru", cursor } } });
    if (!data) throw new Error(`${error?.code}: ${error?.title}`);
    topics.push(...data.data);
    cursor = data.page.next_cursor;
  }
  return topics;
}

export async function rename(topic: Topic, ru: string): Promise<Topic> {
  const { data, error, response } = await registry.PATCH("/v1/topics/{id}", {
    params: { path: { id: topic.id }, header: { "If-Match": `"${topic.version}"` }, query: { dry_run: true } },
    body: { label: { ru, kk: null } },
  });
  if (response.status === 412) return topic;
  if (error) throw new Error(error.errors?.map((mistake) => `${mistake.pointer ?? mistake.parameter}: ${mistake.message}`).join("; "));
  const parent: string | undefined = data.parent?.name["en"];
  return { ...data, label: { ...data.label, en: parent ?? data.label_text ?? "" } };
}

export async function create(): Promise<number> {
  // @ts-expect-error: a label is a language map
  await registry.POST("/v1/topics", { body: { label: "Language policy" } });
  const { data } = await registry.POST("/v1/topics", { body: { label: { en: "Language policy" } } });
  return data?.id ?? 0;
}
