// Needs openapi-fetch, and ./sahamatilegacy-api.d.ts, made by: npx openapi-typescript sahamatilegacy.yaml -o sahamatilegacy-api.d.ts
import createClient from "openapi-fetch";
import type { paths } from "./sahamatilegacy-api.js";

const baseUrl = process.env.SAHAMATILEGACY_SANDBOX_BASE_URL!;
const basic = Buffer.from(`${process.env.SAHAMATILEGACY_SANDBOX_ENTITY_ID}:${process.env.SAHAMATILEGACY_SANDBOX_SECRET}`).toString("base64");
const { data: response, error } = await createClient<paths>({ baseUrl }).POST("/auth/realms/sahamati/protocol/openid-connect/token", {
  body: { grant_type: "client_credentials", scope: "openid" },
  headers: { Authorization: `Basic ${basic}`, "Content-Type": "application/x-www-form-urlencoded" }, // not taken from the description
});
if (!response) {
  console.error(`sahamatilegacy: no token, code ${error.error}`);
  process.exit(1);
}
const { access_token: token, expires_in: seconds = 0 } = response;
const lifetime = seconds > 0 ? seconds : 86400;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
console.log(`sahamatilegacy: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
