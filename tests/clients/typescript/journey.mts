// Drafts a project, reads it under a condition, words it differently, and does so too late, by the generated client.
// Told by the environment: ORIGIN, TOKEN. Says what came of it as one line of JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "@mentorship/projects";

type Project = components["schemas"]["EnrollmentView"];
declare const process: { env: Record<"ORIGIN" | "TOKEN", string> };

const { ORIGIN, TOKEN } = process.env;
const client = createClient<paths>({ baseUrl: ORIGIN, headers: { Authorization: `Bearer ${TOKEN}` } });
const key = { "Idempotency-Key": crypto.randomUUID() };
const name = `Written in TypeScript ${crypto.randomUUID()}`;

const drafted = await client.POST("/v1/projects", { params: { header: key }, body: { name, skills: ["TypeScript"] } });
const again = await client.POST("/v1/projects", { params: { header: key }, body: { name, skills: ["TypeScript"] } });
if (!drafted.data || !again.data) throw new Error(JSON.stringify(drafted.error ?? again.error));
const project: Project = drafted.data;
const path = { id: project.id };

const read = await client.GET("/v1/projects/{id}", { params: { path } });
const tag = read.response.headers.get("ETag") ?? "";
const known = await client.GET("/v1/projects/{id}", { params: { path, header: { "If-None-Match": tag } } });
const header = { "If-Match": tag };
const edited = await client.PATCH("/v1/projects/{id}", { params: { path, header }, body: { description: "Typed." } });
const late = await client.PATCH("/v1/projects/{id}", { params: { path, header }, body: { description: "Late." } });
// @ts-expect-error: a description is a text, so that this is refused before it is sent, and when it is
const refused = await client.PATCH("/v1/projects/{id}", { params: { path }, body: { description: 7 } });

console.log(
  JSON.stringify({
    same: again.data.id === project.id,
    known: known.response.status,
    description: edited.data?.description,
    late: late.error?.type,
    refused: refused.error?.errors?.[0]?.pointer,
  }),
);
