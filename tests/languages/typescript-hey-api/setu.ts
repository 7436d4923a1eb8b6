// Needs ./setu, made by: npx openapi-ts -i setu.yaml -o setu
import { generateToken } from "./setu/index";

async function main() {
  const baseUrl = process.env.SETU_SANDBOX_BASE_URL!;
  const { data: response, error } = await generateToken({
    baseUrl,
    body: { clientID: process.env.SETU_SANDBOX_CLIENT_ID!, secret: process.env.SETU_SANDBOX_SECRET! },
  });
  if (!response) {
    console.error(`setu: no token, code ${error?.error?.code}`);
    process.exit(1);
  }
  const { token, expiresIn = 0 } = response.data;
  const lifetime = expiresIn > 0 ? expiresIn : 1800;

  // The emulator's echo API stands for the API that you want to use.
  const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
  console.log(`setu: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
}

main();
