// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g go -i su.yaml -o su -p packageName=su,withGoMod=false
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"example/su"
)

func main() {
	configuration := su.NewConfiguration()
	configuration.Servers = su.ServerConfigurations{{URL: os.Getenv("SU_SANDBOX_BASE_URL")}}
	client := su.NewAPIClient(configuration)

	domain := base64.StdEncoding.EncodeToString([]byte(os.Getenv("SU_SANDBOX_CLIENT_ID")))
	tokenRequest := client.TokenAPI.GenerateAccessToken(context.Background())
	response, _, err := tokenRequest.ClientId(domain).ClientSecret(os.Getenv("SU_SANDBOX_CLIENT_SECRET")).Execute()

	var failed *su.GenericOpenAPIError
	if errors.As(err, &failed) {
		var rejection struct{ Errors []struct{ Code string } }
		json.Unmarshal(failed.Body(), &rejection)
		log.Fatal("su: no token, code ", rejection.Errors)
	} else if err != nil {
		log.Fatal("su: ", err)
	}

	data := response.GetData()
	if capitalized, ok := response.AdditionalProperties["Data"].(map[string]any); ok { // as the provider's page spells it
		token, _ := capitalized["token"].(string)
		seconds, _ := capitalized["expire_in"].(string)
		data.SetToken(token)
		data.SetExpireIn(seconds)
	}
	if data.GetToken() == "" {
		log.Fatal("su: no token in the response")
	}
	lifetime, _ := strconv.Atoi(data.GetExpireIn())
	if lifetime <= 0 {
		lifetime = 3600
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SU_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+data.GetToken())
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("su: ", err)
	}
	fmt.Printf("su: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
