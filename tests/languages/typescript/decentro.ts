// Needs ./decentro-api.d.ts, made by: npx openapi-typescript decentro.yaml -o decentro-api.d.ts
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { json } from "node:stream/consumers";
import type { components, paths } from "./decentro-api.js";

type Schemas = components["schemas"];
const baseUrl = process.env.DECENTRO_SANDBOX_BASE_URL!;
const path: keyof paths = "/v2/auth/token";
const tokenRequest: Schemas["TokenRequest"] = {
  grant_type: "client_credentials",
  client_id: process.env.DECENTRO_SANDBOX_CLIENT_ID!,
  client_secret: process.env.DECENTRO_SANDBOX_CLIENT_SECRET!,
};

// fetch, and so openapi-fetch, rejects a GET with a body; Node's own client sends it if it knows the length.
const body = JSON.stringify(tokenRequest);
const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
const { request } = baseUrl.startsWith("https:") ? https : http;
const [incoming] = await once(request(baseUrl + path, { method: "GET", headers }).end(body), "response");
const response = (await json(incoming)) as Partial<Schemas["TokenResponse"] & Schemas["ErrorResponse"]>;
if (!response.access_token) {
  console.error(`decentro: no token, code ${response.response_key ?? response.responseCode}`);
  process.exit(1);
}
const { expires_in: seconds = 0 } = response;
const lifetime = seconds > 0 ? seconds : 900;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${response.access_token}` } });
console.log(`decentro: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
