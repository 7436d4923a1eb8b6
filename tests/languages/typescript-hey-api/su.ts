// Needs ./su, made by: npx openapi-ts -i su.yaml -o su
import { generateAccessToken, type TokenData } from "./su/index";

async function main() {
  const baseUrl = process.env.SU_SANDBOX_BASE_URL!;
  const { data: response, error } = await generateAccessToken({
    baseUrl,
    headers: {
      "client-id": btoa(process.env.SU_SANDBOX_CLIENT_ID!),
      "client-secret": process.env.SU_SANDBOX_CLIENT_SECRET!,
    },
  });
  const data = response?.data ?? (response?.Data as TokenData | undefined); // two spellings
  if (!data?.token) {
    const errors = [error?.Errors].flat() as { Code?: string }[]; // a list, or a single error
    console.error(`su: no token, code ${errors[0]?.Code}`);
    process.exit(1);
  }
  const lifetime = Number(data.expire_in) > 0 ? Number(data.expire_in) : 3600;

  // The emulator's echo API stands for the API that you want to use.
  const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${data.token}` } });
  console.log(`su: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
}

main();
