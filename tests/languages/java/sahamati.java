// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i sahamati.yaml -o sahamati -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=sahamati,apiPackage=sahamati,modelPackage=sahamati
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import sahamati.*;

class Sahamati {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SAHAMATI_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenResponse token = new TokenApi(client).generateEntityToken(
                    System.getenv("SAHAMATI_SANDBOX_ENTITY_ID"), System.getenv("SAHAMATI_SANDBOX_SECRET"));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 86400;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("sahamati: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("sahamati: no token, code " + response.getErrorCode());
            System.exit(1);
        }
    }
}
