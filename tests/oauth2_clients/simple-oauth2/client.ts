// Needs simple-oauth2
import { readFileSync } from "node:fs";
import { ClientCredentials } from "simple-oauth2";

const provider = process.argv[2];
const service = process.env.GATEPASS_SERVICE_URL!;
const key = readFileSync(process.env.GATEPASS_SERVICE_KEY_FILE!, "utf8").trim();

const auth = { tokenHost: service, tokenPath: `/${provider}/sandbox/token` };
const client = new ClientCredentials({ client: { id: "gatepass", secret: key }, auth });
const { token } = await client.getToken({}).catch((error) => {
  throw new Error(error.data?.payload?.error_description ?? error.message); // the error itself contains the key
});

const headers = { Authorization: `Bearer ${token.access_token}` };
const response = await fetch(process.env.API_URL!, { headers });
console.log(`${provider}: ${response.status}`);
