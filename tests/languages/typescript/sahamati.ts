// Needs openapi-fetch, and ./sahamati-api.d.ts, made by: npx openapi-typescript sahamati.yaml -o sahamati-api.d.ts
import createClient from "openapi-fetch";
import type { paths } from "./sahamati-api.js";

const baseUrl = process.env.SAHAMATI_SANDBOX_BASE_URL!;
const { data: reply, error } = await createClient<paths>({ baseUrl }).POST("/entity/token/generate", {
  body: { id: process.env.SAHAMATI_SANDBOX_ENTITY_ID!, secret: process.env.SAHAMATI_SANDBOX_SECRET! },
  headers: { "Content-Type": "application/x-www-form-urlencoded" }, // not taken from the description
});
if (!reply) {
  console.error(`sahamati: no token, code ${error.errorCode}`);
  process.exit(1);
}
const { accessToken: token, expiresIn = 0 } = reply;
const life = expiresIn > 0 ? expiresIn : 86400;

// The emulator's echo API stands for the API that you want.
const answer = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
console.log(`sahamati: a token for ${life} s, the API answered ${answer.status}`);
