/** The specs, each under the name of its provider. The types of its requests are in `gatepass-specs/NAME`. */
import type { XGatepassSecret, XGatepassToken } from "./token-extension.js";

export type { XGatepassSecret, XGatepassToken };

export interface Operation {
  operationId: string;
  "x-gatepass-secret"?: XGatepassSecret;
  [key: string]: unknown;
}

export interface SecurityScheme {
  type: string;
  "x-gatepass-token"?: XGatepassToken;
  [key: string]: unknown;
}

/** An OpenAPI 3.1 document with the token extension. */
export interface Spec {
  openapi: string;
  info: { title: string; version: string; [key: string]: unknown };
  servers: { url: string; "x-oai-name": string; [key: string]: unknown }[];
  paths: { [path: string]: { [method: string]: Operation } };
  components: { securitySchemes: { [name: string]: SecurityScheme }; [key: string]: unknown };
  [key: string]: unknown;
}

