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
            TokenReply token = new TokenApi(client).generateEntityToken(
                    System.getenv("SAHAMATI_SANDBOX_ENTITY_ID"), System.getenv("SAHAMATI_SANDBOX_SECRET"));
            Integer life = token.getExpiresIn();
            if (life == null || life <= 0) life = 86400;

            // The emulator's echo API stands for the API that you want.
            HttpRequest call = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(call, BodyHandlers.discarding()).statusCode();
            System.out.println("sahamati: a token for " + life + " s, the API answered " + status);
        } catch (ApiException refused) {
            if (refused.getResponseBody() == null) throw refused; // nobody answered
            ErrorReply reply = client.getObjectMapper().readValue(refused.getResponseBody(), ErrorReply.class);
            System.err.println("sahamati: no token, code " + reply.getErrorCode());
            System.exit(1);
        }
    }
}
