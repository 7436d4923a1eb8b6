// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g java --library okhttp-gson -i sahamati.yaml -o sahamati -p openApiNullable=false,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false,invokerPackage=sahamati,apiPackage=sahamati,modelPackage=sahamati
import okhttp3.Request;
import okhttp3.Response;
import sahamati.*;

class Sahamati {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SAHAMATI_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        try {
            TokenResponse token = new TokenApi(client).generateEntityToken(
                    System.getenv("SAHAMATI_SANDBOX_ENTITY_ID"), System.getenv("SAHAMATI_SANDBOX_SECRET"));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 86400;

            // The emulator's echo API stands for the API that you want to use.
            Request apiRequest = new Request.Builder().url(baseUrl + "/echo")
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            try (Response apiResponse = client.getHttpClient().newCall(apiRequest).execute()) {
                System.out.println("sahamati: a token for " + lifetime + " s, the API responded with " + apiResponse.code());
            }
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = JSON.getGson().fromJson(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("sahamati: no token, code " + response.getErrorCode());
            System.exit(1);
        }
    }
}
