// What this generator's clients do with secrets, the body of a GET and undeclared fields; scripts/languages.py reads the output.
import { generateToken } from "./decentro/index";
import type { TokenRequest } from "./setu/index";
import { generateAccessToken } from "./su/index";

const variables = process.env as Record<string, string>;

async function main() {
  if (process.argv[2] === "secret") {
    const request: TokenRequest = { clientID: variables.SETU_SANDBOX_CLIENT_ID, secret: variables.SETU_SANDBOX_SECRET };
    console.log(request);
  } else if (process.argv[2] === "get") {
    await generateToken({
      baseUrl: variables.DECENTRO_SANDBOX_BASE_URL,
      throwOnError: true,
      body: {
        grant_type: "client_credentials",
        client_id: variables.DECENTRO_SANDBOX_CLIENT_ID,
        client_secret: variables.DECENTRO_SANDBOX_CLIENT_SECRET,
      },
    });
  } else {
    const { data } = await generateAccessToken({
      baseUrl: variables.SU_SANDBOX_BASE_URL,
      throwOnError: true,
      headers: {
        "client-id": variables.SU_SANDBOX_CLIENT_ID_BASE64,
        "client-secret": variables.SU_SANDBOX_CLIENT_SECRET,
      },
    });
    console.log(data);
  }
}

main();
