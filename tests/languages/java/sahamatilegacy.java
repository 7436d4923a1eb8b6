// Needs ./sahamatilegacy, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i sahamatilegacy.yaml -o sahamatilegacy -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=sahamatilegacy,apiPackage=sahamatilegacy,modelPackage=sahamatilegacy
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import sahamatilegacy.*;

class SahamatiLegacy {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SAHAMATILEGACY_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            String entity = System.getenv("SAHAMATILEGACY_SANDBOX_ENTITY_ID") + ":" + System.getenv("SAHAMATILEGACY_SANDBOX_SECRET");
            String basic = "Basic " + Base64.getEncoder().encodeToString(entity.getBytes(StandardCharsets.UTF_8)); // the client has no setting for it
            TokenResponse token = new TokenApi(client).requestToken("client_credentials", "openid", Map.of("Authorization", basic));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 86400;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("sahamatilegacy: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("sahamatilegacy: no token, code " + response.getError());
            System.exit(1);
        }
    }
}
