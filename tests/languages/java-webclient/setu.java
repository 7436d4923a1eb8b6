// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g java --library webclient -i setu.yaml -o setu -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=setu,apiPackage=setu,modelPackage=setu
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import setu.*;

class Setu {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        TokenResponse response;
        try {
            response = new TokenApi(client).generateToken(new TokenRequest()
                    .clientID(System.getenv("SETU_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETU_SANDBOX_SECRET"))).block();
        } catch (WebClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("setu: no token, code " + body.at("/error/code").asText());
            System.exit(1);
            return;
        }
        Integer lifetime = response.getData().getExpiresIn();
        if (lifetime == null || lifetime <= 0) lifetime = 1800;

        // The emulator's echo API stands for the API that you want to use.
        int status = client.getWebClient().get().uri(baseUrl + "/echo").header("Authorization", "Bearer " + response.getData().getToken())
                .retrieve().toBodilessEntity().block().getStatusCodeValue();
        System.out.println("setu: a token for " + lifetime + " s, the API responded with " + status);
    }
}
