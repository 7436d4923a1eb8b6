// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i decentro.yaml -o decentro -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=decentro,apiPackage=decentro,modelPackage=decentro
import decentro.*;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

class Decentro {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenReply token = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType(TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                    .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                    .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET")));
            Integer life = token.getExpiresIn();
            if (life == null || life <= 0) life = 900;

            // The emulator's echo API stands for the API that you want.
            HttpRequest call = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(call, BodyHandlers.discarding()).statusCode();
            System.out.println("decentro: a token for " + life + " s, the API answered " + status);
        } catch (ApiException refused) {
            if (refused.getResponseBody() == null) throw refused; // nobody answered
            ErrorReply reply = client.getObjectMapper().readValue(refused.getResponseBody(), ErrorReply.class);
            System.err.println("decentro: no token, code " + reply.getResponseKey());
            System.exit(1);
        }
    }
}
