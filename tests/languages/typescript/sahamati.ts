// Needs openapi-fetch, and ./sahamati-api.d.ts, made by: npx openapi-typescript sahamati.yaml -o sahamati-api.d.ts
import createClient from "openapi-fetch";
import type { paths } from "./sahamati-api.js";

const baseUrl = process.env.SAHAMATI_SANDBOX_BASE_URL!;
const { data: response, error } = await createClient<paths>({ baseUrl }).POST("/entity/token/generate", {
  body: { id: process.env.SAHAMATI_SANDBOX_ENTITY_ID!, secret: process.env.SAHAMATI_SANDBOX_SECRET! },
  headers: { "Content-Type": "application/x-www-form-urlencoded" }, // not taken from the description
});
if (!response) {
  console.error(`sahamati: no token, code ${error.errorCode}`);
  process.exit(1);
}
const { accessToken: token, expiresIn = 0 } = response;
const lifetime = expiresIn > 0 ? expiresIn : 86400;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
console.log(`sahamati: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
