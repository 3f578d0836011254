// A value of a response is a filter and a member of a request without a cast, and misspelled members and orders do not compile.

import createClient from "openapi-fetch";
import type { components, paths } from "./registry";

type RoundTable = components["schemas"]["RoundTable"];

const registry = createClient<paths>({ baseUrl: "https://registry.example.org" });

export async function similar(event: RoundTable): Promise<RoundTable[]> {
  const format: RoundTable["format"] = event.format;
  const { data } = await registry.GET("/v1/round-tables", {
    params: { query: { format: [format], status: [event.status], mode: [event.mode], date_precision: [event.date_precision], language: event.languages } },
  });
  return data?.data ?? [];
}

export async function colleagues(attendee: components["schemas"]["Attendee"]): Promise<number> {
  const { data } = await registry.GET("/v1/attendees", { params: { query: { role: attendee.roles, attendance: [attendee.attendance] } } });
  return data?.data.length ?? 0;
}

export async function peers(organization: components["schemas"]["Organization"]): Promise<number> {
  const { data } = await registry.GET("/v1/organizations", {
    params: { query: { kind: [organization.kind], country: organization.country === null ? [] : [organization.country] } },
  });
  return data?.data.length ?? 0;
}

export async function repeat(event: RoundTable): Promise<RoundTable | undefined> {
  const { data } = await registry.POST("/v1/round-tables", {
    body: { title: event.title, format: event.format, mode: event.mode, status: event.status, date_precision: event.date_precision },
  });
  return data;
}

export async function titles(): Promise<Pick<RoundTable, "id" | "title">[]> {
  const { data } = await registry.GET("/v1/round-tables", { params: { query: { fields: ["title"], sort: ["-starts_on"] } } });
  // @ts-expect-error: there is no such member
  await registry.GET("/v1/round-tables", { params: { query: { fields: ["tilte"] } } });
  // @ts-expect-error: there is no such order
  await registry.GET("/v1/round-tables", { params: { query: { sort: ["titel"] } } });
  return data?.data ?? [];
}

export async function record(id: number): Promise<components["schemas"]["RoundTableWithParts"] | undefined> {
  const { data } = await registry.GET("/v1/round-tables/{id}", { params: { path: { id } } });
  return data; // one type: JSON-LD has an address of its own
}

export async function changesLike(change: components["schemas"]["Change"]): Promise<number> {
  const { data } = await registry.GET("/v1/changes", { params: { query: { type: [change.type] } } });
  return data?.data.length ?? 0;
}
