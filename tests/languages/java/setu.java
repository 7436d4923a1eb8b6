// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i setu.yaml -o setu -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=setu,apiPackage=setu,modelPackage=setu
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import setu.*;

class Setu {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenData token = new TokenApi(client).generateToken(new TokenRequest()
                    .clientID(System.getenv("SETU_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETU_SANDBOX_SECRET"))).getData();
            Integer life = token.getExpiresIn();
            if (life == null || life <= 0) life = 1800;

            // The emulator's echo API stands for the API that you want.
            HttpRequest call = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getToken()).build();
            int status = HttpClient.newHttpClient().send(call, BodyHandlers.discarding()).statusCode();
            System.out.println("setu: a token for " + life + " s, the API answered " + status);
        } catch (ApiException refused) {
            if (refused.getResponseBody() == null) throw refused; // nobody answered
            ErrorReply reply = client.getObjectMapper().readValue(refused.getResponseBody(), ErrorReply.class);
            System.err.println("setu: no token, code " + reply.getError().getCode());
            System.exit(1);
        }
    }
}
