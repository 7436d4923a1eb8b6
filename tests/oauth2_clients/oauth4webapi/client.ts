// Needs oauth4webapi
import { readFileSync } from "node:fs";
import * as oauth from "oauth4webapi";

const provider = process.argv[2];
const issuer = new URL(`${process.env.GATEPASS_SERVICE_URL}/${provider}/sandbox`);
const key = readFileSync(process.env.GATEPASS_SERVICE_KEY_FILE!, "utf8").trim();
const api = new URL(process.env.API_URL!);
const client = { client_id: "gatepass" };
const options = { algorithm: "oauth2", [oauth.allowInsecureRequests]: true } as const; // the service is on this machine

const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
const grant = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic(key), {}, options);
const token = await oauth.processClientCredentialsResponse(server, client, grant);
const response = await oauth.protectedResourceRequest(token.access_token, "GET", api, undefined, undefined, options);
console.log(`${provider}: ${response.status}`);
