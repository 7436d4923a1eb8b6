// Needs openapi-fetch, and ./setuupi-api.d.ts, made by: npx openapi-typescript setuupi.yaml -o setuupi-api.d.ts
import createClient from "openapi-fetch";
import type { paths } from "./setuupi-api.js";

const baseUrl = process.env.SETUUPI_SANDBOX_BASE_URL!;
const { data: response, error } = await createClient<paths>({ baseUrl }).POST("/v1/users/login", {
  params: { header: { client: "bridge" } },
  body: {
    clientID: process.env.SETUUPI_SANDBOX_CLIENT_ID!,
    secret: process.env.SETUUPI_SANDBOX_SECRET!,
    grant_type: "client_credentials",
  },
});
if (!response) {
  console.error(`setuupi: no token, code ${error.type}`);
  process.exit(1);
}
const { access_token: token } = response;

// The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
function claims(jwt: string): { exp?: number; iat?: number } {
  try {
    return JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());
  } catch {
    return {};
  }
}
const { exp = 0, iat = 0 } = claims(token);
const lifetime = exp > iat ? Math.floor(exp - iat) : 300;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
console.log(`setuupi: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
