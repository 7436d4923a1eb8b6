// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g java --library okhttp-gson -i decentro.yaml -o decentro -p openApiNullable=false,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false,invokerPackage=decentro,apiPackage=decentro,modelPackage=decentro
import decentro.*;
import okhttp3.Request;
import okhttp3.Response;

class Decentro {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        try {
            // generateToken() drops the body of its GET. Whether the provider accepts a POST is unknown: see the description.
            TokenResponse token = new TokenApi(client).generateTokenByPost(new TokenRequest()
                    .grantType(TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                    .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                    .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET")));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 900;

            // The emulator's echo API stands for the API that you want to use.
            Request apiRequest = new Request.Builder().url(baseUrl + "/echo")
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            try (Response apiResponse = client.getHttpClient().newCall(apiRequest).execute()) {
                System.out.println("decentro: a token for " + lifetime + " s, the API responded with " + apiResponse.code());
            }
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = JSON.getGson().fromJson(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("decentro: no token, code " + response.getResponseKey());
            System.exit(1);
        }
    }
}
