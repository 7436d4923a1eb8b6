// Needs ./sahamati, made by: npx openapi-ts -i sahamati.yaml -o sahamati
import { generateEntityToken } from "./sahamati/index";

async function main() {
  const baseUrl = process.env.SAHAMATI_SANDBOX_BASE_URL!;
  const { data: response, error } = await generateEntityToken({
    baseUrl,
    body: { id: process.env.SAHAMATI_SANDBOX_ENTITY_ID!, secret: process.env.SAHAMATI_SANDBOX_SECRET! },
  });
  if (!response) {
    console.error(`sahamati: no token, code ${error?.errorCode}`);
    process.exit(1);
  }
  const { accessToken: token, expiresIn = 0 } = response;
  const lifetime = expiresIn > 0 ? expiresIn : 86400;

  // The emulator's echo API stands for the API that you want to use.
  const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
  console.log(`sahamati: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
}

main();
