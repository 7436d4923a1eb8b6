// Needs openapi-fetch, and ./su-api.d.ts, made by: npx openapi-typescript su.yaml -o su-api.d.ts
import createClient from "openapi-fetch";
import type { components, paths } from "./su-api.js";

const baseUrl = process.env.SU_SANDBOX_BASE_URL!;
const { data: response, error } = await createClient<paths>({ baseUrl }).GET("/SUAPI/jservice/auth/generate-access-token", {
  params: {
    header: {
      "client-id": btoa(process.env.SU_SANDBOX_CLIENT_ID!),
      "client-secret": process.env.SU_SANDBOX_CLIENT_SECRET!,
    },
  },
});
const data = response?.data ?? (response?.Data as components["schemas"]["TokenData"] | undefined); // two spellings
if (!data?.token) {
  const errors = [error?.Errors].flat() as { Code?: string }[]; // a list, or a single error
  console.error(`su: no token, code ${errors[0]?.Code}`);
  process.exit(1);
}
const lifetime = Number(data.expire_in) > 0 ? Number(data.expire_in) : 3600;

// The emulator's echo API stands for the API that you want to use.
const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${data.token}` } });
console.log(`su: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
