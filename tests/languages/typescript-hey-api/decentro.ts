// Needs ./decentro, made by: npx openapi-ts -i decentro.yaml -o decentro
import { generateTokenByPost } from "./decentro/index";

async function main() {
  const baseUrl = process.env.DECENTRO_SANDBOX_BASE_URL!;
  // generateToken throws, as fetch has no GET with a body. Whether the provider accepts a POST is unknown: see the description.
  const { data: response, error } = await generateTokenByPost({
    baseUrl,
    body: {
      grant_type: "client_credentials",
      client_id: process.env.DECENTRO_SANDBOX_CLIENT_ID!,
      client_secret: process.env.DECENTRO_SANDBOX_CLIENT_SECRET!,
    },
  });
  if (!response) {
    console.error(`decentro: no token, code ${error?.response_key ?? error?.responseKey}`);
    process.exit(1);
  }
  const { access_token: token, expires_in: seconds = 0 } = response;
  const lifetime = seconds > 0 ? seconds : 900;

  // The emulator's echo API stands for the API that you want to use.
  const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
  console.log(`decentro: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
}

main();
