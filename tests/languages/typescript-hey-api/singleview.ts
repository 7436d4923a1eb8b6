// Needs ./singleview, made by: npx openapi-ts -i singleview.yaml -o singleview
import { generateToken } from "./singleview/index";

async function main() {
  const baseUrl = process.env.SINGLEVIEW_SANDBOX_BASE_URL!;
  const { data: response, error } = await generateToken({
    baseUrl,
    body: {
      grantType: "client_credentials",
      clientId: process.env.SINGLEVIEW_SANDBOX_CLIENT_ID!,
      clientCode: process.env.SINGLEVIEW_SANDBOX_CLIENT_CODE!,
      merchantId: process.env.SINGLEVIEW_SANDBOX_MERCHANT_ID!,
    },
  });
  if (!response?.success || !response.payload) { // a rejection may be a 200
    console.error(`singleview: no token, code ${(response ?? error)?.errorCode}`);
    process.exit(1);
  }
  const { access_token: token, expires_in: seconds = 0 } = response.payload;
  const lifetime = seconds > 0 ? seconds : 3600;

  // The emulator's echo API stands for the API that you want to use.
  const apiResponse = await fetch(`${baseUrl}/echo`, { headers: { Authorization: `Bearer ${token}` } });
  console.log(`singleview: a token for ${lifetime} s, the API responded with ${apiResponse.status}`);
}

main();
