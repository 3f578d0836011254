/** A page of a list. */
export interface Page<Item> {
  data: Item[];
  page: { next_cursor: string | null };
}

/** A function that returns a page of a list, such as `listPeople`. */
export type List = (options: never) => Promise<Page<unknown>>;

/** The pages that such a function returns. */
export type PageOf<L extends List> = Awaited<ReturnType<L>>;

/** Returns the pages of a list, one request each: `for await (const page of pages(listPeople, { client }))`. */
export async function* pages<L extends List>(list: L, options: Parameters<L>[0]): AsyncGenerator<PageOf<L>, void, undefined> {
  const { query, ...rest } = options as { query?: object };
  for (let cursor: object | undefined; ; ) {
    const page = (await list({ ...rest, query: { ...query, ...cursor } } as never)) as PageOf<L>;
    yield page;
    if (page.page.next_cursor === null) return;
    cursor = { cursor: page.page.next_cursor };
  }
}

/** Returns the records of all pages of a list: `for await (const person of all(listPeople, { client, query: { limit: 500 } }))`. */
export async function* all<L extends List>(list: L, options: Parameters<L>[0]): AsyncGenerator<PageOf<L>["data"][number], void, undefined> {
  for await (const page of pages(list, options)) yield* page.data;
}
