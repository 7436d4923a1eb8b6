// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g java --library webclient -i decentro.yaml -o decentro -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=decentro,apiPackage=decentro,modelPackage=decentro
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import decentro.*;
import java.text.DateFormat;
import org.springframework.web.reactive.function.client.WebClientResponseException;

class Decentro {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL");
        DateFormat dates = ApiClient.createDefaultDateFormat();
        ObjectMapper mapper = ApiClient.createDefaultMapper(dates).setSerializationInclusion(JsonInclude.Include.NON_EMPTY);
        ApiClient client = new ApiClient(mapper, dates).setBasePath(baseUrl); // without "refresh_token": null
        TokenResponse response;
        try {
            response = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType(TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                    .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                    .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET"))).block();
        } catch (WebClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("decentro: no token, code " + body.path("response_key").asText());
            System.exit(1);
            return;
        }
        Integer lifetime = response.getExpiresIn();
        if (lifetime == null || lifetime <= 0) lifetime = 900;

        // The emulator's echo API stands for the API that you want to use.
        int status = client.getWebClient().get().uri(baseUrl + "/echo").header("Authorization", "Bearer " + response.getAccessToken())
                .retrieve().toBodilessEntity().block().getStatusCodeValue();
        System.out.println("decentro: a token for " + lifetime + " s, the API responded with " + status);
    }
}
