// Needs openapi-fetch, and ./setubillpay-api.d.ts, made by: npx openapi-typescript setubillpay.yaml -o setubillpay-api.d.ts
import createClient from "openapi-fetch";
import type { paths } from "./setubillpay-api.js";

const baseUrl = process.env.SETUBILLPAY_SANDBOX_BASE_URL!;
const partner = process.env.SETUBILLPAY_SANDBOX_PARTNER_ID!;
const { data: response, error } = await createClient<paths>({ baseUrl }).POST("/auth/token", {
  body: { clientID: process.env.SETUBILLPAY_SANDBOX_CLIENT_ID!, secret: process.env.SETUBILLPAY_SANDBOX_SECRET! },
});
if (!response) {
  console.error(`setubillpay: no token, code ${error.error?.code}`);
  process.exit(1);
}
const { token, expiresIn = 0 } = response;
const lifetime = expiresIn > 0 ? expiresIn : 600;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}`, "X-PARTNER-ID": partner } });
console.log(`setubillpay: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
