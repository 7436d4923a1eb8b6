// Needs openapi-fetch, and ./singleviewpayouts-api.d.ts, made by: npx openapi-typescript singleviewpayouts.yaml -o singleviewpayouts-api.d.ts
import { randomBytes } from "node:crypto";
import createClient from "openapi-fetch";
import type { paths } from "./singleviewpayouts-api.js";

const baseUrl = process.env.SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL!;
const company = process.env.SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID!;
const { data: response, error } = await createClient<paths>({ baseUrl }).POST("/v1/api/svplatform/tokenOauth2", {
  params: {
    header: {
      CompanyId: company,
      SVReferenceID: randomBytes(8).toString("hex"), // 16 letters and digits, new for each request
      DateTimeStamp: new Date().toISOString().slice(0, 19),
      Device: "Web",
    },
  },
  body: {
    clientId: process.env.SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID!,
    clientCode: process.env.SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE!,
    grant_type: "client_credentials",
  },
});
if (!response?.access_token) { // a rejection may be a 200
  console.error(`singleviewpayouts: no token, code ${(response ?? error)?.errorCode}`);
  process.exit(1);
}
const { access_token: token, expires_in: seconds } = response;
const lifetime = Number(seconds) > 0 ? Number(seconds) : 3600;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}`, CompanyId: company } });
console.log(`singleviewpayouts: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
